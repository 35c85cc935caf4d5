//! The Lambda function `create-share`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::shares::create::ENDPOINT)
}
