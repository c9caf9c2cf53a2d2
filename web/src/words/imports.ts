/** Words of taking a file in: of outlets, service items and whatever else is imported, in both languages side by side. */

export const importsZh = {
  importTitle: { outlets: '导入网点', services: '导入服务事项' },
  importLead: {
    outlets: '支持 CSV、XLSX、GeoPackage、GeoJSON。先检查，有问题会逐行列出；检查不改变任何数据。',
    services: '支持 CSV、XLSX。先检查，有问题会逐行列出；检查不改变任何数据。',
  },
  importFile: '文件',
  importCrs: '坐标系',
  importCrsOwn: '按文件所写',
  importCheck: '检查',
  importDo: '导入',
  importRunning: '正在读文件…',
  importFine: '可以导入。',
  importUnusable: '不能导入，什么也没有改变。',
  importDone: '已导入 {n} 条。',
  importFindings: '有 {n} 处要看：',
  importRow: '行',
  importWhat: '问题',
  importError: '必须改正',
}

export const importsEn: typeof importsZh = {
  importTitle: { outlets: 'Import outlets', services: 'Import service items' },
  importLead: {
    outlets:
      'CSV, XLSX, GeoPackage or GeoJSON. Check it first: problems are listed by row, and checking changes nothing.',
    services: 'CSV or XLSX. Check it first: problems are listed by row, and checking changes nothing.',
  },
  importFile: 'File',
  importCrs: 'Coordinate system',
  importCrsOwn: 'as the file says',
  importCheck: 'Check',
  importDo: 'Import',
  importRunning: 'Reading the file…',
  importFine: 'It can be imported.',
  importUnusable: 'It can’t be imported; nothing has changed.',
  importDone: '{n} imported.',
  importFindings: '{n} things to look at:',
  importRow: 'Row',
  importWhat: 'What is the matter',
  importError: 'Has to be mended',
}
