//! Prints the table of system calls as the programs in the kernel have it; `cargo xtask bpf` writes
//! it to `crates/trace/bpf/call_traits.h`.

fn main() {
    print!("{}", whywait_record::kernel_traits());
}
