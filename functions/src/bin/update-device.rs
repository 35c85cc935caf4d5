//! The Lambda function `update-device`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::devices::update::ENDPOINT)
}
