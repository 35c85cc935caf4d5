//! The Lambda function `get-account`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::account::get::ENDPOINT)
}
