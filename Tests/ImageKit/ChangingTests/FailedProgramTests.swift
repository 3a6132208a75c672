import Changing
import Documents
import Testing

/// Which of a failed program's words are told, on what dnf 4.14 and apt 2.6 say.
@Suite struct FailedProgramTests {
    private let dnf = ["dnf", "-y", "install", "eject"]

    @Test("A server that does not answer is the network's failure, and is named")
    func unreachable() {
        let failure = FailedProgram(
            dnf, status: 1,
            lines: [
                "openEuler 24.03 - OS                            0.0  B/s |   0  B     00:00",
                "Errors during downloading metadata for repository 'a':",
                "  - Curl error (7): Couldn't connect to server for http://127.0.0.1:9/repodata/repomd.xml []",
                "  - Curl error (7): Couldn't connect to server for http://127.0.0.1:9/repodata/repomd.xml []",
                "Error: Failed to download metadata for repo 'a': Cannot download repomd.xml: All mirrors were tried",
                "No match for argument: eject", "Error: Unable to find a match: eject",
            ]
        ).failure
        #expect(failure.code == .network)
        #expect(
            failure.message
                == "dnf in the guest ended with status 1: Errors during downloading metadata for repository 'a':"
                + ": Curl error (7): Couldn't connect to server for http://127.0.0.1:9/repodata/repomd.xml []"
                + ": Error: Failed to download metadata for repo 'a': Cannot download repomd.xml: All mirrors were tried"
                + ": No match for argument: eject")
        #expect(failure.hint?.contains("answers") == true && failure.place == "dnf -y install eject")
    }

    @Test(
        "A package that no key vouches for is refused, and the key is asked for",
        arguments: [
            "Package eject-2.38.1-5.x86_64.rpm is not signed",
            "Public key for eject-2.38.1-5.noarch.rpm is not installed. Failing package is: eject-2.38.1-5.noarch",
        ])
    func unsigned(line: String) {
        let dump = (0..<2000).map { "option\($0) = value" }
        let failure = FailedProgram(
            dnf, status: 1,
            lines: ["Dependencies resolved.", " libgpg-error  x86_64  1.47", line, "Error: GPG check FAILED"] + dump
        ).failure
        #expect(failure.code == .refused)
        #expect(failure.message == "dnf in the guest ended with status 1: \(line): Error: GPG check FAILED")
        #expect(failure.hint?.contains("--repository-key") == true)
    }

    @Test("apt's: an index without a key, a site that is away, a package that is not there")
    func apt() {
        func failure(_ lines: String...) -> String {
            let failure = FailedProgram(["apt-get", "-qq", "update"], status: 100, lines: lines).failure
            return "\(failure.code.exitStatus) \(failure.hint?.prefix { $0 != "," } ?? "")"
        }
        #expect(
            failure("E: The repository 'http://127.0.0.1:9 bookworm InRelease' is not signed.")
                == "6 give the key that the repository's packages are signed with: --repository-key")
        #expect(
            failure("E: Failed to fetch http://127.0.0.1:9/a  Could not connect to 127.0.0.1:9 (127.0.0.1).")
                == "5 see whether the repository answers")
        #expect(
            failure("Reading package lists...", "E: Unable to locate package eject")
                == "6 see whether the guest's repositories have it")
    }

    @Test("Without telling words its last three; secrets are in none")
    func last() {
        var failed = FailedProgram(["other", "--password=a1"], status: 137, lines: ["one", "two a1", "three", "four"])
        failed.hide([GuestRepository(location: "https://me:a1@example.org/os"), GuestRepository(location: "/os")])
        failed.owner = "this machine's"
        #expect(failed.failure.message == "this machine's other ended with status 137: two ***: three: four")
        #expect(failed.failure.place == "other --password=***" && failed.failure.hint == nil)
    }
}
