//! The Lambda function `list-things`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::things::list::ENDPOINT)
}
