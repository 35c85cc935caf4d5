//! The Lambda function `delete-device`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::devices::delete::ENDPOINT)
}
