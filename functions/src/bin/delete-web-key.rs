//! The Lambda function `delete-web-key`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::shares::delete_web_key::ENDPOINT)
}
