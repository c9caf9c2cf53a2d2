//! Tables for people, as a workbook's bytes or a CSV's.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook};

use super::Value;

/// A table with a title for its sheet.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    pub title: String,
    pub columns: Vec<String>,
    /// Each as long as `columns`.
    pub rows: Vec<Vec<Value>>,
}

/// Why a table can't be written.
#[derive(Debug, thiserror::Error)]
#[error("the table can't be written: {0}")]
pub struct SheetError(String);

impl Sheet {
    /// As an .xlsx file. Texts stay texts, so that no program takes a code for a number or a name for a formula.
    ///
    /// # Errors
    /// For more rows, or longer texts, than a sheet may have.
    pub fn xlsx(&self) -> Result<Vec<u8>, SheetError> {
        let failed = |error: rust_xlsxwriter::XlsxError| SheetError(error.to_string());
        let mut book = Workbook::new();
        // Not the clock's: the same rows are the same file.
        let made = ExcelDateTime::from_ymd(2026, 1, 1).map_err(failed)?;
        book.set_properties(&DocProperties::new().set_creation_datetime(&made));
        let sheet = book.add_worksheet();
        sheet.set_name(&self.title).map_err(failed)?;
        let head = Format::new().set_bold();
        for (column, name) in (0u16..).zip(&self.columns) {
            sheet.write_string_with_format(0, column, name, &head).map_err(failed)?;
        }
        for (row, values) in (1u32..).zip(&self.rows) {
            for (column, value) in (0u16..).zip(values) {
                match value {
                    Value::Empty => continue,
                    Value::Text(text) => sheet.write_string(row, column, text),
                    Value::Integer(number) => sheet.write_number(row, column, *number as f64),
                    Value::Number(number) => sheet.write_number(row, column, *number),
                    Value::Flag(flag) => sheet.write_boolean(row, column, *flag),
                }
                .map_err(failed)?;
            }
        }
        sheet.set_freeze_panes(1, 0).map_err(failed)?;
        book.save_to_buffer().map_err(failed)
    }

    /// As a CSV in UTF-8, with the mark by which spreadsheets know it. A text that a spreadsheet would take for a formula
    /// gets an apostrophe.
    ///
    /// # Errors
    /// Hardly ever: it is written in memory.
    pub fn csv(&self) -> Result<Vec<u8>, SheetError> {
        let failed = |error: ::csv::Error| SheetError(error.to_string());
        let mut table = ::csv::Writer::from_writer(b"\xEF\xBB\xBF".to_vec());
        table.write_record(&self.columns).map_err(failed)?;
        for values in &self.rows {
            table.write_record(values.iter().map(plain)).map_err(failed)?;
        }
        table.into_inner().map_err(|error| SheetError(error.to_string()))
    }
}

fn plain(value: &Value) -> String {
    let text = value.text().into_owned();
    match value {
        Value::Text(_) if text.starts_with(['=', '+', '-', '@', '\t']) => format!("'{text}"),
        _ => text,
    }
}
