//! The built-in plans are ordinary plans, at the size of the notes' benchmark.

use std::path::Path;

use whywait_plan::{Action, BUILTINS, BuiltIn, ContentKind, FilesOptions, Plan, limits};

#[test]
fn each_can_be_written_to_a_file_and_read_back() {
    for built_in in BUILTINS {
        let plan = made(built_in, &built_in.defaults);
        let again = Plan::parse(built_in.name, &plan.to_toml()).expect("it is an ordinary plan");
        assert_eq!(format!("{plan:?}"), format!("{again:?}"));
        insta::assert_snapshot!(built_in.name, plan.to_toml());
    }
}

#[test]
fn files_is_the_notes_benchmark() {
    let plan = made(named("files"), &named("files").defaults);
    assert_eq!((plan.flow_count(), plan.max_in_flight), (5000, Some(256)));
    let [step] = plan.steps_of(4999) else { panic!("one step") };
    let Action::WriteFile { path, content } = step.action(4999) else { panic!("a write_file") };
    assert_eq!((path.as_path(), content.len()), (Path::new("file_4999.txt"), 10_100));
    assert_eq!(content.kind(), ContentKind::Random { seed: 1 });
    assert_eq!(plan.disk_bytes(), 5000 * 12_288);
    assert!(plan.directories().is_empty());
    let traits = plan.traits();
    assert_eq!(traits.file_written_bytes, 50_500_000);
    assert!(traits.cpu_share() > 0.2, "making characters counts: {}", traits.cpu_share());
}

#[test]
fn read_reads_what_its_setup_writes() {
    let plan = made(named("read"), &named("read").defaults);
    assert_eq!((plan.setup_count(), plan.flow_count()), (5000, 5000));
    let Action::ReadFile { path: read } = plan.steps_of(17)[0].action(17) else {
        panic!("a read_file")
    };
    let Action::WriteFile { path: written, content } = plan.setup_steps_of(17)[0].action(17) else {
        panic!("a write_file")
    };
    assert_eq!(read, written);
    assert_eq!(content.kind(), ContentKind::Fixed);
    let traits = plan.traits();
    assert_eq!((traits.file_read_bytes, traits.file_written_bytes), (50_500_000, 0));
    assert!(traits.cpu.is_zero());
}

#[test]
fn options_out_of_their_range_are_refused() {
    let tried = |options: FilesOptions| {
        let error = (named("files").plan)(&options).expect_err("out of its range");
        error.to_string()
    };
    let defaults = named("files").defaults;
    let messages = [
        tried(FilesOptions { files: 0, ..defaults }),
        tried(FilesOptions { files: limits::FLOWS_MAX + 1, ..defaults }),
        tried(FilesOptions { lines: u32::MAX, ..defaults }),
        tried(FilesOptions { content: ContentKind::Random { seed: u64::MAX }, ..defaults }),
    ];
    insta::assert_snapshot!(messages.join("\n"));
}

#[test]
fn the_smallest_and_the_largest_are_plans() {
    for options in [
        FilesOptions { files: 1, lines: 0, line_length: 0, content: ContentKind::Fixed },
        FilesOptions {
            files: limits::FLOWS_MAX,
            lines: 1,
            line_length: (limits::CONTENT_BYTES_MAX - 1) as u32,
            content: ContentKind::Random { seed: limits::SEED_MAX },
        },
    ] {
        for built_in in BUILTINS {
            let plan = made(built_in, &options);
            let again = Plan::parse(built_in.name, &plan.to_toml()).expect("an ordinary plan");
            assert_eq!(format!("{plan:?}"), format!("{again:?}"));
        }
    }
}

fn named(name: &str) -> &'static BuiltIn {
    BUILTINS.iter().find(|built_in| built_in.name == name).expect("the plan exists")
}

fn made(built_in: &BuiltIn, options: &FilesOptions) -> Plan {
    (built_in.plan)(options).expect("options in their range")
}
