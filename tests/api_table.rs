//! docs/api.md: the table of the API, made from the API document, the template and the programs.

use std::fmt::Write as _;
use std::fs;

use latchkey_local::template::Integration;

use crate::openapi::{document, operations};
use crate::system::root;
use crate::template::{binary, stack};

const HEAD: &str = "\
# The API

One table a chapter of the [API document](openapi.json). Each operation links to the file that
serves it. This page is made from the document and the template: `UPDATE_OPENAPI=1 cargo test
-p latchkey-tests openapi`.
";

/// The file of a function, as its program names it: `latchkey_functions::shares::create::…` is
/// `functions/src/shares/create.rs`.
fn file_of(function: &str) -> String {
    let program = root().join(format!("functions/src/bin/{function}.rs"));
    let program = fs::read_to_string(program).unwrap();
    let path = program.rsplit("latchkey_functions::").next().unwrap();
    let mut modules: Vec<&str> = path.split("::").collect();
    modules.pop();
    let file = format!("functions/src/{}.rs", modules.join("/"));
    assert!(root().join(&file).is_file(), "{function}: no file {file}");
    file
}

fn made() -> String {
    let document = document();
    let stack = stack();
    let mut text = HEAD.to_owned();
    for tag in document["tags"].as_array().unwrap() {
        let (name, description) = (tag["name"].as_str().unwrap(), tag["description"].as_str());
        write!(text, "\n## {name}\n\n{}\n\n", description.unwrap()).unwrap();
        text += "| method and path | what it does | file |\n|---|---|---|\n";
        for (method, path, operation) in operations(&document) {
            if operation["tags"][0] != name {
                continue;
            }
            let route = stack.api.routes.iter();
            let route = route
                .filter(|route| (&route.method, &route.path) == (&method, &path))
                .find_map(|route| match &route.integration {
                    Integration::Function(function) => Some(function),
                    _ => None,
                });
            let function = binary(&stack.functions[route.unwrap()]);
            let summary = operation["summary"].as_str().unwrap();
            let file = file_of(&function);
            writeln!(
                text,
                "| `{method} {path}` | {summary} | [{function}](../{file}) |"
            )
            .unwrap();
        }
    }
    let routed = |name: &str| {
        stack.api.routes.iter().any(|route| {
            matches!(&route.integration, Integration::Function(function) if function == name)
        })
    };
    text += "\n## Functions without a route\n\n| function | file |\n|---|---|\n";
    for (name, function) in stack.functions.iter() {
        if routed(name) {
            continue;
        }
        let function = binary(function);
        writeln!(
            text,
            "| {function} | [{function}](../{}) |",
            file_of(&function)
        )
        .unwrap();
    }
    text
}

#[test]
fn the_table_of_the_openapi_document_is_what_the_code_says() {
    let (made, path) = (made(), root().join("docs/api.md"));
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        fs::write(path, made).unwrap();
        return;
    }
    let same = fs::read_to_string(path).is_ok_and(|committed| committed == made);
    assert!(
        same,
        "docs/api.md is behind: UPDATE_OPENAPI=1 cargo test -p latchkey-tests openapi"
    );
}
