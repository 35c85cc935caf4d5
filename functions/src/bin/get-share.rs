//! The Lambda function `get-share`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::shares::get::ENDPOINT)
}
