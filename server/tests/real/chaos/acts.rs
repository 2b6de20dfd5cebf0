use std::fmt;
use std::io::Write;
use std::time::Duration;

use super::world::World;
use crate::exchange::random::SeededRandom;

/// One failure, with its end.
#[derive(Debug, Clone, Copy)]
pub enum Act {
    /// `kill -9`, and started again after a while.
    Kill { server: usize, ms: u64 },
    /// Both at once.
    KillBoth { ms: u64 },
    /// Frozen, and goes on.
    Freeze { server: usize, ms: u64 },
    /// Nothing arrives at its license port.
    Cut { server: usize, ms: u64 },
    /// The servers don't hear one another.
    CutPeers { ms: u64 },
    /// The wall clock jumps, and stands right again.
    Clock { server: usize, off_s: i64, ms: u64 },
    /// The vendor's node is away.
    Node { ms: u64 },
    /// Somebody's editor writes the conf file beside the old one and renames it.
    Rename { server: usize },
    /// Somebody's script truncates the conf file and writes it a moment later.
    Truncate { server: usize, ms: u64 },
    /// The disk is full; whether a server is killed meanwhile.
    Fill { ms: u64, kill: Option<usize> },
}

impl Act {
    pub fn draw(random: &mut SeededRandom, world: &World) -> Act {
        let server = random.below(2);
        let mut up_to = |most: usize| random.below(most) as u64 + 1;
        match up_to(if world.filler().is_some() { 11 } else { 10 }) {
            1 | 2 => Act::Kill { server, ms: up_to(20_000) },
            3 => Act::KillBoth { ms: up_to(5_000) },
            4 => Act::Freeze { server, ms: up_to(20_000) },
            5 => Act::Cut { server, ms: up_to(20_000) },
            6 => Act::CutPeers { ms: up_to(20_000) },
            7 => {
                let off = [3_600, 86_400, 63_072_000, 2_208_988_800][random.below(4)];
                let off_s = if random.below(2) == 0 { off } else { -off / 4 };
                Act::Clock { server, off_s, ms: random.below(8_000) as u64 }
            }
            8 => Act::Node { ms: up_to(5_000) },
            9 => Act::Rename { server },
            10 => Act::Truncate { server, ms: up_to(700) },
            _ => Act::Fill { ms: up_to(6_000), kill: (random.below(3) == 0).then_some(server) },
        }
    }

    pub fn carry_out(self, world: &mut World, random: &mut SeededRandom) {
        let wait = |ms: u64| std::thread::sleep(Duration::from_millis(ms));
        match self {
            Act::Kill { server, ms } => {
                world.kill(server);
                wait(ms);
            }
            Act::KillBoth { ms } => {
                world.kill(0);
                world.kill(1);
                wait(ms);
            }
            Act::Freeze { server, ms } => {
                world.signal(server, "STOP");
                wait(ms);
                world.signal(server, "CONT");
            }
            Act::Cut { server, ms } => {
                world.cables[server].cut();
                wait(ms);
                world.cables[server].mend();
            }
            Act::CutPeers { ms } => {
                world.peers.cut();
                wait(ms);
                world.peers.mend();
            }
            Act::Clock { server, off_s, ms } => {
                world.set_clock(server, off_s);
                wait(ms);
                // Half of the time it is started while its clock is wrong.
                if random.below(2) == 0 {
                    world.kill(server);
                    world.start(server);
                    wait(ms);
                }
                world.set_clock(server, 0);
            }
            Act::Node { ms } => {
                world.stop_node();
                wait(ms);
                world.start_node();
            }
            Act::Rename { server } => {
                let (file, text) = edited(world, server);
                let new = file.with_extension("edited");
                std::fs::write(&new, text).and_then(|()| std::fs::rename(&new, &file)).unwrap();
            }
            Act::Truncate { server, ms } => {
                let (file, text) = edited(world, server);
                let mut open = std::fs::OpenOptions::new().write(true).truncate(true).open(file).unwrap();
                let (first, rest) = text.split_at(text.len() / 2);
                open.write_all(first.as_bytes()).unwrap();
                wait(ms);
                open.write_all(rest.as_bytes()).unwrap();
            }
            Act::Fill { ms, kill } => {
                let Some(filler) = world.filler() else { return };
                fill(&filler);
                wait(ms / 2);
                if let Some(server) = kill {
                    world.kill(server);
                }
                wait(ms / 2);
                let _ = std::fs::remove_file(filler);
            }
        }
        world.start(0);
        world.start(1);
    }
}

/// The conf file with a line of somebody's in it.
fn edited(world: &World, server: usize) -> (std::path::PathBuf, String) {
    let file = world.conf(server);
    let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
    (file, format!("# edited outside\n{}", text.trim_start_matches("# edited outside\n")))
}

/// Until not one byte more has room.
fn fill(filler: &std::path::Path) {
    let Ok(mut file) = std::fs::File::create(filler) else { return };
    for size in [1 << 20, 4_096, 1] {
        while file.write_all(&vec![0; size]).is_ok() {}
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [&str; 2] = ["the primary", "the backup"];
        match *self {
            Act::Kill { server, ms } => write!(f, "kill {}, start it after {ms} ms", NAMES[server]),
            Act::KillBoth { ms } => write!(f, "kill both servers, start them after {ms} ms"),
            Act::Freeze { server, ms } => write!(f, "freeze {} for {ms} ms", NAMES[server]),
            Act::Cut { server, ms } => write!(f, "cut the clients' cable to {} for {ms} ms", NAMES[server]),
            Act::CutPeers { ms } => write!(f, "cut the cable between the servers for {ms} ms"),
            Act::Clock { server, off_s, ms } => {
                write!(f, "set the clock of {} off by {off_s} s for {ms} ms", NAMES[server])
            }
            Act::Node { ms } => write!(f, "stop the node for {ms} ms"),
            Act::Rename { server } => write!(f, "replace the conf file of {} by a rename", NAMES[server]),
            Act::Truncate { server, ms } => {
                write!(f, "truncate the conf file of {} and write it within {ms} ms", NAMES[server])
            }
            Act::Fill { ms, kill: None } => write!(f, "fill the disk for {ms} ms"),
            Act::Fill { ms, kill: Some(server) } => write!(f, "fill the disk for {ms} ms, kill {}", NAMES[server]),
        }
    }
}
