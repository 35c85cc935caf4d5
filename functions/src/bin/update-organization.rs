//! The Lambda function `update-organization`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::organizations::update::ENDPOINT)
}
