//! The Lambda function `claim-share`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::shares::claim::ENDPOINT)
}
