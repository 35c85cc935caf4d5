//! The Lambda function `delete-share`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::shares::delete::ENDPOINT)
}
