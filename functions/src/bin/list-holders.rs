//! The Lambda function `list-holders`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::decisions::holders::ENDPOINT)
}
