import Documents
import Foundation
import Settings
import TestSupport
import Testing

@Suite struct OwnershipTests {
    private let scratch: Scratch
    private let mine = Ownership.current

    init() throws { scratch = try Scratch() }

    @Test func aFileOfMineIsTakenAndItsLinksAreResolved() throws {
        try scratch.write("a/b/file", "")
        symlink("a", "\(scratch.path)/link")
        symlink("\(scratch.path)/link/b/../b/./file", "\(scratch.path)/there")
        #expect(try mine.check("\(scratch.path)/there") == "\(scratch.path)/a/b/file")
        #expect(try mine.check("\(scratch.path)//a/../a/b") == "\(scratch.path)/a/b")
        #expect(try mine.check("/") == "/" && mine.check("/../..") == "/")
    }

    @Test func theFirstParentThatOthersCanWriteIsNamed() throws {
        try scratch.write("a/b/file", "")
        chmod("\(scratch.path)/a", 0o770)
        chmod("\(scratch.path)/a/b", 0o777)
        let first = failure { try mine.check("\(scratch.path)/a/b/file") }
        #expect(first.place == "\(scratch.path)/a" && first.hint == "chmod g-w \(scratch.path)/a")
        chmod("\(scratch.path)/a", 0o755)
        let second = failure { try mine.check("\(scratch.path)/a/b/file") }
        #expect(second.place == "\(scratch.path)/a/b" && second.hint == "chmod go-w \(scratch.path)/a/b")
    }

    @Test func aParentBehindALinkIsSeenToo() throws {
        try scratch.write("open/file", "")
        chmod("\(scratch.path)/open", 0o757)
        symlink("\(scratch.path)/open/file", "\(scratch.path)/link")
        #expect(failure { try mine.check("\(scratch.path)/link") }.place == "\(scratch.path)/open")
        // The way leads through it, though the end lies elsewhere.
        try scratch.write("closed/file", "")
        symlink("\(scratch.path)/closed", "\(scratch.path)/open/way")
        #expect(failure { try mine.check("\(scratch.path)/open/way/file") }.place == "\(scratch.path)/open")
    }

    @Test func aStickyDirectoryOfRootMayBeWrittenByAll() throws {
        var status = stat()
        try #require(stat("/tmp", &status) == 0 && status.st_uid == 0 && status.st_mode & S_ISVTX != 0)
        try mine.check(scratch.path)
    }

    @Test(.enabled(if: isRoot, "only root can give files away")) func aStickyDirectoryOfAnotherMayNot() throws {
        try scratch.write("a/file", "")
        chmod("\(scratch.path)/a", 0o1777)
        _ = try mine.check("\(scratch.path)/a/file")
        #expect(chown("\(scratch.path)/a", 65534, 0) == 0)
        #expect(failure { try mine.check("\(scratch.path)/a/file") }.place == "\(scratch.path)/a")
        chmod("\(scratch.path)/a", 0o1777)
        let both = Ownership(owners: [0, 65534])
        #expect(failure { try both.check("\(scratch.path)/a/file") }.hint == "chmod go-w \(scratch.path)/a")
    }

    @Test(.enabled(if: isRoot, "only root can give files away")) func whatAnotherLaidIntoAStickyDirectoryIsRefused()
        throws
    {
        try scratch.write("a/file", "")
        chmod("\(scratch.path)/a", 0o1777)
        symlink("/etc", "\(scratch.path)/a/link")
        #expect(lchown("\(scratch.path)/a/link", 65534, 0) == 0 && chown("\(scratch.path)/a/file", 65534, 0) == 0)
        let file = failure { try mine.check("\(scratch.path)/a/file") }
        #expect(
            file.place == "\(scratch.path)/a/file" && file.message.contains("belongs to uid 65534, not to root"),
            "\(file)")
        let link = failure { try mine.check("\(scratch.path)/a/link/passwd") }
        #expect(link.place == "\(scratch.path)/a/link" && link.hint?.contains("chown -h root") == true, "\(link)")
    }

    @Test func linksThatLeadInACircleEnd() throws {
        symlink("b", "\(scratch.path)/a")
        symlink("a", "\(scratch.path)/b")
        #expect(failure { try mine.check("\(scratch.path)/a") }.message == "too many symbolic links")
    }

    @Test func aRelativeOrMissingPathIsRefused() {
        #expect(failure { try mine.check("tmp") }.message == "the path is not absolute")
        #expect(failure { try mine.check("\(scratch.path)/none/at/all") }.place == "\(scratch.path)/none")
    }

    @Test func theRemedyIsWrittenAsAShellReadsIt() throws {
        try scratch.write("it's here/file", "")
        chmod("\(scratch.path)/it's here", 0o775)
        let failure = failure { try mine.check("\(scratch.path)/it's here/file") }
        #expect(failure.hint == "chmod g-w '\(scratch.path)/it'\\''s here'")
    }
}
