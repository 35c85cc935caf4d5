//! The Lambda function `reprogram-codes`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::reprogramming::ask::ENDPOINT)
}
