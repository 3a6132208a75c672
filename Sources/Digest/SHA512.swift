/// 128 lower-case hexadecimal digits, to verify what others name so; no document of ours does.
public func sha512Hex(_ bytes: [UInt8]) -> String {
    let running = RunningDigest(.sha512)
    bytes.withUnsafeBytes { running.update($0) }
    return hexadecimal(running.finish())
}
