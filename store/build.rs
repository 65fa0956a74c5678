//! Tells cargo that the crate embeds the migrations: a macro alone does not see that a file was added.

fn main() {
    println!("cargo:rerun-if-changed=../migrations");
}
