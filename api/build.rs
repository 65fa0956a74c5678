//! Tells cargo that a release embeds the built web pages: a macro alone does not see that a file was added.

fn main() {
    println!("cargo:rerun-if-changed=../web/dist");
}
