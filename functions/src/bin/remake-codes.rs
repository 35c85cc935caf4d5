//! The Lambda function `remake-codes`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::reprogramming::remake::HANDLER)
}
