//! The Lambda function `list-template-things`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::templates::list_things::ENDPOINT)
}
