//! The Lambda function `record-entries`.

fn main() -> std::process::ExitCode {
    latchkey_functions::entries::record::serve()
}
