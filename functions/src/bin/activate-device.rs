//! The Lambda function `activate-device`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::activations::activate::ENDPOINT)
}
