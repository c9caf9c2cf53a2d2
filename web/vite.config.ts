import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import elementPlus from 'unplugin-element-plus/vite'
import { defineConfig } from 'vitest/config'

// In development the Rust server stands beside Vite; KHOT_URL says where.
const server = process.env.KHOT_URL ?? 'http://127.0.0.1:8080'
const proxied = ['/api', '/basemap', '/openapi.json']

// What is built shows only what the server of the same commit answers: its API's snapshot says which paths there are.
const api = JSON.parse(readFileSync(new URL('../tests/snapshots/openapi.json', import.meta.url), 'utf8')) as {
  paths: Record<string, unknown>
}
const serves = (path: string): boolean => `/api/v1${path}` in api.paths

export default defineConfig({
  define: {
    __SERVED__: JSON.stringify({
      outlets: serves('/areas/{code}/outlets'),
      reach: serves('/areas/{code}/reach'),
    }),
  },
  plugins: [vue(), elementPlus({})],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  server: { proxy: Object.fromEntries(proxied.map((p) => [p, { target: server }])) },
  build: {
    target: 'es2022',
    chunkSizeWarningLimit: 1200,
    rollupOptions: {
      output: {
        manualChunks(id) {
          if (/node_modules\/(maplibre-gl)\//.test(id)) return 'maplibre'
          if (/node_modules\/(echarts|zrender)\//.test(id)) return 'echarts'
          if (/node_modules\/(@?vue|vue-router|vue-i18n|@intlify)\//.test(id)) return 'vue'
          return undefined
        },
      },
    },
  },
  // Pure functions, all of them: one process is done sooner than twenty are begun, and none can time out at its start.
  test: { include: ['src/**/*.test.ts'], environment: 'node', isolate: false, maxWorkers: 1 },
})
