import Documents
import Import
import Testing

/// Paths end at the first colon, as in skopeo's names of images.
@Suite struct ImageReferenceTests {
    @Test(arguments: [
        ("oci:c1:localhost/foo:latest", "c1", "localhost/foo:latest", "latest"), ("oci:b4:a/b", "b4", "a/b", nil),
        ("oci:/x/y", "/x/y", nil, nil), ("oci:./x:v1", "./x", "v1", "v1"),
        ("oci:x:a@b+c--d_e:1", "x", "a@b+c--d_e:1", nil),
    ])
    func layouts(_ text: String, _ directory: String, _ name: String?, _ tag: String?) throws {
        let reference = try ImageReference(text)
        #expect(reference == .layout(directory: directory, tag: name))
        #expect(reference.tag == tag)
        #expect("\(reference)" == text)
    }

    @Test(arguments: [
        ("docker-archive:s1.tar:foo/bar:1.0", "s1.tar", "foo/bar:1.0", "1.0"),
        ("docker-archive:a/s1.tar:foo/bar", "a/s1.tar", "foo/bar", nil),
        ("docker-archive:s1.tar:@1", "s1.tar", "@1", nil),
        ("docker-archive:s1.tar", "s1.tar", nil, nil),
        ("docker-archive:s1.tar:host:5000/bar", "s1.tar", "host:5000/bar", nil),
    ])
    func archives(_ text: String, _ file: String, _ image: String?, _ tag: String?) throws {
        let reference = try ImageReference(text)
        #expect(reference == .archive(file: file, image: image))
        #expect(reference.tag == tag)
        #expect("\(reference)" == text)
    }

    @Test(arguments: [
        "oci:", "oci::v1", "oci:a:", "oci:a:b c", "oci:a:/b", "oci:a:b//c", "oci:a:x/b-", "docker-archive:a:",
    ])
    func refused(_ text: String) {
        let failure = #expect(throws: Failure.self) { try ImageReference(text) }
        #expect(failure?.code == .usage)
    }

    @Test func aDirectoryWhoseNameHoldsAColonIsToldFromATag() throws {
        let there = ["a:b/c", "x", "x:y"]
        let failure = #expect(throws: Failure.self) { try ImageReference("oci:a:b/c:v1").checkColon(there.contains) }
        #expect(failure?.message.contains("the directory a:b/c has a colon") == true)
        #expect(failure?.hint?.contains("symbolic link") == true)
        #expect(throws: Failure.self) { try ImageReference("oci:a:b/c").checkColon(there.contains) }
        // Where the layout is there that is written, nothing is guessed.
        try ImageReference("oci:x:y").checkColon(there.contains)
        try ImageReference("oci:z:y").checkColon(there.contains)
    }

    @Test func anArchiveIsNamedAfterItsSource() throws {
        let image = try ImageReference("docker-archive:s.tar:team/image:1")
        #expect(try ArchiveDestination("b.tar", from: image, tag: image.tag).name == "team/image")
        #expect(try ArchiveDestination("b.tar", from: image, tag: image.tag).tag == "1")
    }
}
