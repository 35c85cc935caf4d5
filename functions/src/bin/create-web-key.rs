//! The Lambda function `create-web-key`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::shares::create_web_key::ENDPOINT)
}
