import Foundation

/// A guest of one sector: it writes a text on the serial line, waits for its power button and switches itself off.
///
/// Assembled from: copy the text at 0x7C40 byte by byte to port 0x3F8 when 0x3FD says that there is room; enable the power button
/// (ICH9's PM1_EN at 0x602), wait for its bit of PM1_STS (0x600), write SLP_EN to PM1_CNT (0x604); ACPI 6.5, 4.8.3.
public struct ToyGuest {
    private static let code: [UInt8] = [
        0xFA, 0xFC, 0x31, 0xC0, 0x8E, 0xD8, 0xBE, 0x40, 0x7C, 0xAC, 0x84, 0xC0, 0x74, 0x12, 0x88, 0xC4, 0xBA, 0xFD,
        0x03, 0xEC, 0xA8, 0x20, 0x74, 0xFB, 0x88, 0xE0, 0xBA, 0xF8, 0x03, 0xEE, 0xEB, 0xE9, 0xBA, 0x02, 0x06, 0xB8,
        0x00, 0x01, 0xEF, 0xBA, 0x00, 0x06, 0xED, 0xF6, 0xC4, 0x01, 0x74, 0xF7, 0xBA, 0x04, 0x06, 0xB8, 0x00, 0x20,
        0xEF, 0xF4, 0xEB, 0xFD,
    ]
    /// Of its file.
    public let path: String

    /// What a guest without cloud-init says when all is well.
    public static let sound =
        "[    0.000000] Linux version 6.6.0-98 (a@b) #1 SMP\r\n\r\nopenEuler 24.03 ttyS0\r\n\r\nlocalhost login: "

    /// - Parameter text: at most 440 bytes.
    public init(_ scratch: Scratch, name: String = "toy.raw", _ text: String) throws {
        var sector = Self.code + [UInt8](repeating: 0, count: 64 - Self.code.count) + Array(text.utf8)
        precondition(sector.count < 510)
        sector += [UInt8](repeating: 0, count: 510 - sector.count) + [0x55, 0xAA]
        path = try scratch.write(name, sector + [UInt8](repeating: 0, count: 1 << 20))
    }
}

/// How many emulators run whose command line names the folder.
public func machines(_ folder: String) throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").count { name in
        guard name.allSatisfy(\.isNumber), let line = FileManager.default.contents(atPath: "/proc/\(name)/cmdline")
        else {
            return false
        }
        let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        return words.first?.contains("qemu-system") == true && words.contains { $0.contains(folder) }
    }
}
