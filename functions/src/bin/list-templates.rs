//! The Lambda function `list-templates`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::templates::list::ENDPOINT)
}
