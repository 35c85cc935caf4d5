//! The Lambda function `deactivate-device`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::activations::deactivate::ENDPOINT)
}
