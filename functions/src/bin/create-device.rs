//! The Lambda function `create-device`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::devices::create::ENDPOINT)
}
