/** Words of taking a file in: of outlets, service items and whatever else is imported, in both languages side by side. */

export const importsZh = {
  importTitle: { outlets: '导入网点', services: '导入服务事项', roads: '导入道路' },
  importLead: {
    outlets: '支持 CSV、XLSX、GeoPackage、GeoJSON。先检查，有问题会逐行列出；检查不改变任何数据。',
    services: '支持 CSV、XLSX。先检查，有问题会逐行列出；检查不改变任何数据。',
    roads:
      '支持 GeoJSON、GeoPackage、带 wkt 的 CSV（线）。导入后替换文件所及旗县原有的道路，用时与网格网点随之重算。先检查；检查不改变任何数据。',
  },
  roadsKnown: '按 {n} 条导入的道路计算，{when} 导入。',
  roadsSynthetic: '合成道路，仅供演示',
  roadsRemove: '删除道路',
  roadsRemoveLead: '删除{name}的 {n} 条道路？用时将重新按地类与季节估算。',
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
  importTitle: { outlets: 'Import outlets', services: 'Import service items', roads: 'Import roads' },
  importLead: {
    outlets:
      'CSV, XLSX, GeoPackage or GeoJSON. Check it first: problems are listed by row, and checking changes nothing.',
    roads:
      'GeoJSON, GeoPackage, or CSV with wkt: lines. They take the place of all roads of the banners in the file, and travel times and links go by them. Check it first: checking changes nothing.',
    services: 'CSV or XLSX. Check it first: problems are listed by row, and checking changes nothing.',
  },
  roadsKnown: 'By {n} imported roads, of {when}.',
  roadsSynthetic: 'made-up roads, for demonstration',
  roadsRemove: 'Remove roads',
  roadsRemoveLead: 'Remove the {n} roads of {name}? Travel times are then estimated again.',
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
