//! The Lambda function `get-organization`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::organizations::get::ENDPOINT)
}
