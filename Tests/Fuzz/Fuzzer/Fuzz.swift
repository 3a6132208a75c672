import Glibc
import ImageTesting

// What libFuzzer calls (llvm.org/docs/LibFuzzer.html). One program has all targets: `--target=NAME` chooses, and libFuzzer
// passes over arguments that begin so.

nonisolated(unsafe) private var target = Target.image

@_cdecl("LLVMFuzzerInitialize")
public func initialize(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>
) -> Int32 {
    var chosen: Target?
    for index in 1..<max(1, Int(count.pointee)) {
        guard let text = arguments.pointee[index].map({ String(cString: $0) }) else { continue }
        if text == "--list" {
            for target in Target.allCases { print(target.rawValue) }
            exit(0)
        }
        if text.hasPrefix("--target=") { chosen = Target(rawValue: String(text.dropFirst(9))) }
    }
    guard let chosen else {
        print("name a target: --target=NAME of --list")
        exit(2)
    }
    target = chosen
    return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    target.read(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}

/// libFuzzer's own changes of bytes.
@_silgen_name("LLVMFuzzerMutate")
private func mutate(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ limit: Int) -> Int

/// In an input of pieces most changes stay within one piece: else the first byte that is added or dropped would leave no
/// piece after it.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutateInput(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ limit: Int, _ seed: UInt32) -> Int {
    var random = Seeded(UInt64(seed))
    let input = Array(UnsafeBufferPointer(start: bytes, count: count))
    guard target.isOfPieces, let place = Pieces.places(input).randomElement(using: &random), !place.body.isEmpty,
        UInt8.random(in: 0..<8, using: &random) != 0
    else { return mutate(bytes, count, limit) }
    // Part of the piece, since a change of what is short is likelier to hit a number.
    let width = min(place.body.count, [8, 32, 128, 512, 65536].randomElement(using: &random) ?? 8)
    let start = place.body.lowerBound + Int.random(in: 0...(place.body.count - width), using: &random)
    var part = Array(input[start..<start + width])
    let changed = part.withUnsafeMutableBufferPointer { mutate($0.baseAddress!, width, width) }
    for index in 0..<min(changed, width) { bytes[start + index] = part[index] }
    return count
}
