//! The Lambda function `reprogram-codes`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve_service(latchkey_functions::reprogramming::ask::ENDPOINT)
}
