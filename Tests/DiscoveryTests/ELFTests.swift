import Documents
import Foundation
import TestSupport
import Testing

@testable import Discovery

@Suite struct ELFTests {
    private let scratch: Scratch
    init() throws { scratch = try Scratch() }

    private let expected: JSON = .object(["a": .integer(1)])

    /// As authors of providers may build: the section is there, and is still there after strip.
    @Test(arguments: [
        ["gcc", "-std=c11"], ["gcc", "-std=c11", "-O2", "-flto"],
        ["gcc", "-std=c17", "-O2", "-ffunction-sections", "-Wl,--gc-sections"],
        ["g++", "-std=c++17", "-O2"], ["gcc", "-std=c11", "-Wl,--hash-style=sysv"],
        ["gcc", "-std=c11", "-Wl,--hash-style=both", "-g"],
    ])
    func theEmbeddedManifestIsReadBeforeAndAfterStrip(_ compiler: [String]) throws {
        let library = try Provider.compile(scratch.path, manifest: "{\"a\": 1}", compiler: compiler)
        for isStripped in [false, true] {
            if isStripped { #expect(try run(["strip", library], in: scratch.path).status == 0) }
            let elf = try ELF(library)
            #expect(try EmbeddedManifest.read(elf) == expected)
            let dynamic = try DynamicSection(of: elf)
            #expect(dynamic.exported == ["eulerpublisher_provider_v1"])
            #expect(dynamic.runpath == nil && !dynamic.isNeverUnloaded)
        }
    }

    @Test func theDynamicSectionSaysWhatReadelfSays() throws {
        let source =
            Provider.source + """

                #define EP EP_EXPORT
                EP int one = 1; EP int two(void) { return one; }
                EP __attribute__((weak)) int three(void) { return 3; }
                __attribute__((visibility("protected"))) int four(void) { return 4; }
                __attribute__((visibility("hidden"))) int five(void) { return 5; }
                static int six(void) { return 6; }
                EP int seven(void) { return five() + six(); }
                """
        let library = try Provider.compile(
            scratch.path, manifest: "{}", source: source,
            ["-lm", "-Wl,--no-as-needed", "-lz", "-Wl,-rpath,$ORIGIN/x", "-Wl,-z,nodelete"])
        let dynamic = try DynamicSection(of: try ELF(library))
        #expect(dynamic.exported == ["eulerpublisher_provider_v1", "four", "one", "seven", "three", "two"])
        let readelf = try run(["readelf", "-d", "-W", library], in: scratch.path).output.split(separator: "\n")
            .filter { $0.contains("(NEEDED)") }.compactMap { $0.split(separator: "[").last?.dropLast() }.map(
                String.init)
        #expect(dynamic.needed == readelf && dynamic.needed.contains("libz.so.1"))
        #expect(dynamic.runpath == "$ORIGIN/x" && dynamic.isNeverUnloaded)
    }

    @Test func twoSectionsOfTheNameAreRefused() throws {
        let library = try Provider.compile(scratch.path, manifest: "{}")
        try Data("{\"b\": 2}".utf8).write(to: URL(fileURLWithPath: "\(scratch.path)/two"))
        for change in ["--add-section=.second=two", "--rename-section=.second=.eulerpublisher.manifest"] {
            let answer = try run(["objcopy", change, library], in: scratch.path)
            try #require(answer.status == 0, "\(answer.output)")
        }
        #expect(failure { try EmbeddedManifest.read(try ELF(library)) }.message.contains("2 sections"))
    }

    @Test func aLibraryWithoutOneIsRefused() throws {
        let library = try Provider.compile(scratch.path, manifest: "{}")
        try run(["objcopy", "--remove-section", ".eulerpublisher.manifest", library], in: scratch.path)
        #expect(failure { try EmbeddedManifest.read(try ELF(library)) }.message == "the library embeds no manifest")
    }

    @Test(arguments: ["", "\u{7F}ELF", "#!/bin/sh\n" + String(repeating: "x", count: 100), "{}"])
    func whatIsNoLibraryIsRefused(_ text: String) throws {
        let file = try scratch.write("x.so", text)
        #expect(failure { try ELF(file) }.message.hasPrefix("the file is not a shared library"))
    }

    @Test func aProgramOrAnObjectOrAnotherWordSizeIsRefused() throws {
        try Data("int main(void) { return 0; }".utf8).write(to: URL(fileURLWithPath: "\(scratch.path)/m.c"))
        #expect(try run(["gcc", "-c", "m.c", "-o", "m.o"], in: scratch.path).status == 0)
        #expect(failure { try ELF("\(scratch.path)/m.o") }.message.contains("no shared object"))
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(scratch.path)/m.o")))
        for (index, value) in [(4, UInt8(1)), (5, 2)] {
            let kept = bytes[index]
            bytes[index] = value
            try Data(bytes).write(to: URL(fileURLWithPath: "\(scratch.path)/other.o"))
            #expect(failure { try ELF("\(scratch.path)/other.o") }.message.contains("64-bit little-endian"))
            bytes[index] = kept
        }
        mkfifo("\(scratch.path)/pipe", 0o600)
        #expect(failure { try ELF("\(scratch.path)/pipe") }.code == .usage)
    }

    /// Reads everything there is to read of a damaged file; only a refusal may come of it.
    private func readAll(_ bytes: [UInt8], _ path: String) throws -> Bool {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        var isWhole = true
        do {
            let elf = try ELF(path)
            for part in [{ _ = try EmbeddedManifest.read(elf) }, { _ = try DynamicSection(of: elf) }] {
                do { try part() } catch is Failure { isWhole = false }
            }
        } catch is Failure { isWhole = false }
        return isWhole
    }

    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    @Test(.timeLimit(.minutes(2)), arguments: [1, 2, 3] as [UInt64]) func damageIsRefusedAndNeverACrash(_ seed: UInt64)
        throws
    {
        let library = try Provider.compile(
            scratch.path, manifest: Provider.manifest("acme"), seed == 2 ? ["-Wl,--hash-style=sysv"] : [])
        let good = [UInt8](try Data(contentsOf: URL(fileURLWithPath: library)))
        #expect(try readAll(good, library))
        var random = Generator(state: seed)
        var refused = 0
        // Where damage matters: the headers, the tables that they lead to, and the rest.
        let tables = Int(good.number(40, 8))..<good.count
        for round in 0..<1500 {
            var bytes = good
            let places = [0..<64, 64..<1024, tables, 0..<good.count]
            for _ in 0...Int.random(in: 0...3, using: &random) {
                let at = Int.random(in: places[round % 4], using: &random)
                switch Int.random(in: 0...3, using: &random) {
                case 0: bytes[at] ^= 1 << UInt8.random(in: 0...7, using: &random)
                case 1: bytes[at] = 0xFF
                case 2: for index in at..<min(at + 8, bytes.count) { bytes[index] = 0xFF }
                default:
                    for index in at..<min(at + 8, bytes.count) {
                        bytes[index] = UInt8.random(in: 0...255, using: &random)
                    }
                }
            }
            if try !readAll(bytes, library) { refused += 1 }
        }
        #expect(refused > 100)
        for length in stride(from: 0, to: good.count, by: 97) {
            #expect(try !readAll(Array(good[..<length]), library), "cut to \(length) bytes")
        }
    }
}
