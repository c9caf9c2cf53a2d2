//! Workbooks are read as tables are.

use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use super::*;
use crate::formats::{Item, Value, read_rows};

fn items(path: &std::path::Path) -> Vec<Item> {
    let mut items = Vec::new();
    read_rows(path, &ReadOptions::default(), &mut |item| {
        items.push(item);
        std::ops::ControlFlow::Continue(())
    });
    items
}

#[test]
fn a_sheet_reads_as_a_table_with_codes_days_and_places() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outlets.xlsx");
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    // A title that nobody meant as data stands in no row of its own; the header is the second row.
    for (column, name) in ["代码", "名称", "经度", "纬度", "自"].into_iter().enumerate() {
        sheet.write(1, column as u16, name).unwrap();
    }
    sheet.write(2, 0, 150_102_001_001_f64).unwrap();
    sheet.write(2, 1, "示例站").unwrap();
    sheet.write(2, 2, 111.7).unwrap();
    sheet.write(2, 3, "40.8").unwrap();
    let day = Format::new().set_num_format("yyyy-mm-dd");
    sheet.write_with_format(2, 4, ExcelDateTime::from_ymd(2026, 2, 28).unwrap(), &day).unwrap();
    // An empty row, then one without a place and one whose place is none.
    sheet.write(4, 1, "无处").unwrap();
    sheet.write(5, 2, "east").unwrap();
    sheet.write(5, 3, 40.8).unwrap();
    book.save(&path).unwrap();
    let items = items(&path);
    let [Item::Row(first), Item::Row(second), Item::Finding(third)] = &items[..] else { panic!("{items:?}") };
    assert_eq!(first.geometry, Some(geo::Point::new(111.7, 40.8).into()));
    let of = |name: &str| first.columns.iter().find(|column| column.0 == name).map(|column| &column.1);
    assert_eq!(of("代码"), Some(&Value::Integer(150_102_001_001)));
    assert_eq!(of("自"), Some(&Value::Text("2026-02-28".to_owned())));
    assert_eq!((first.row, second.row, third.row), (1, 3, Some(4)));
    assert_eq!(second.geometry, None);
}

#[test]
fn what_is_no_workbook_or_unpacks_to_too_much_is_a_finding() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.xlsx");
    let mut book = Workbook::new();
    book.add_worksheet().write(0, 0, "x").unwrap();
    let good = book.save_to_buffer().unwrap();
    let mut swollen = good.clone();
    let list = swollen.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    swollen[list + 24..list + 28].copy_from_slice(&u32::MAX.to_le_bytes());
    for bytes in [&b"name,lon\n"[..], &good[..good.len() / 2], &swollen] {
        std::fs::write(&path, bytes).unwrap();
        let items = items(&path);
        assert!(matches!(&items[..], [Item::Finding(finding)] if finding.kind.is_error()), "{items:?}");
    }
}
