//! Tables as Markdown.

use std::fmt::Write;

/// A table as Markdown, with columns that stand under each other: names to the left, numbers
/// to the right.
pub fn table(titles: &[String], lines: impl IntoIterator<Item = Vec<String>>) -> String {
    let lines: Vec<_> = lines.into_iter().collect();
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells
            .chain(titles.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<_> = (0..titles.len()).map(width).collect();
    let mut text = String::new();
    let mut write = |cells: &[String]| {
        for (column, (cell, width)) in cells.iter().zip(&widths).enumerate() {
            // Writing to a string cannot fail.
            let _ = match column {
                0 => write!(text, "| {cell:width$} |"),
                _ => write!(text, " {cell:>width$} |"),
            };
        }
        text.push('\n');
    };
    write(titles);
    let rule = |(column, width): (usize, &usize)| match column {
        0 => "-".repeat(*width),
        _ => format!("{}:", "-".repeat(width - 1)),
    };
    write(&widths.iter().enumerate().map(rule).collect::<Vec<_>>());
    lines.iter().for_each(|line| write(line));
    text
}
