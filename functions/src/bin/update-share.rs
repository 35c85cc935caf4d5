//! The Lambda function `update-share`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::shares::update::ENDPOINT)
}
