import Glibc
import ProviderAPI
import Testing

/// The header stands alone in the three languages that include it, and all see one layout.
@Suite struct HeaderTests {
    private func compile(_ compiler: [String], _ suffix: String) -> Int32 {
        var parts = #filePath.split(separator: "/")
        parts.removeLast(3)
        var template = Array("/tmp/abi-tests.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return -1 }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let source = "\(folder)/alone.\(suffix)"
        defer {
            unlink(source)
            rmdir(folder)
        }
        guard let file = fopen(source, "w") else { return -1 }
        fputs("#include <eulerpublisher/provider.h>\n", file)
        fputs("int sizes[sizeof(ep_host) == \(MemoryLayout<ep_host>.size) ? 1 : -1];\n", file)
        fputs("int sizes2[sizeof(ep_provider) == \(MemoryLayout<ep_provider>.size) ? 1 : -1];\n", file)
        fclose(file)
        let arguments =
            compiler + [
                "-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only",
                "-I/\(parts.joined(separator: "/"))/Sources/ProviderAPI/include", source,
            ]
        let pointers = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var pid: pid_t = 0
        var status: Int32 = -1
        guard posix_spawnp(&pid, arguments[0], nil, nil, pointers, environ) == 0 else { return -1 }
        waitpid(pid, &status, 0)
        return status
    }

    @Test func asC11() { #expect(compile(["gcc", "-std=c11"], "c") == 0) }
    @Test func asCPlusPlus17() { #expect(compile(["g++", "-std=c++17"], "cc") == 0) }
    @Test func asSwiftSeesIt() {
        #expect(EP_ABI_MAJOR == 1)
        #expect(MemoryLayout<ep_header>.size == 8)
        #expect(MemoryLayout<ep_host>.offset(of: \.context) == 8)
    }
}
