//! stub
use latchkey_bench::*;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let stack = store::stack()?;
    let store = store::Store::start(store::schema(&stack)?).await?;
    let bench = bench::Bench::new(&stack, store)?;
    cases::run(&bench).await?;
    let rows = bench.rows(&stack)?;
    for broken in ceilings::broken(&rows)? {
        println!("{broken}");
    }
    Ok(())
}
