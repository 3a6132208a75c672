import Documents

/// How many bytes may still be read and unpacked: what bounds the time that the kernels of one guest take, whatever they say.
/// One thread at a time.
public final class Allowance {
    private let all: UInt64
    private(set) var left: UInt64

    /// - Parameter bytes: enough for what distributions make, with a large one beside it.
    public init(_ bytes: UInt64 = 2 << 30) { (all, left) = (bytes, bytes) }

    /// - Throws: `Failure` if that is more than is left; then nothing is left.
    func spend(_ bytes: UInt64) throws(Failure) {
        guard bytes <= left else {
            left = 0
            throw Failure(.refused, "reading it takes more than \(all) bytes")
        }
        left -= bytes
    }
}
