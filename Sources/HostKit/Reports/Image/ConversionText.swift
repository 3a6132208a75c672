public import Conversion
import Documents

/// What was made of an image, in one line.
public enum ConversionText {
    public static func text(_ result: Conversion.Result, of image: String) -> String {
        Printable.line(
            "\(result.path): \(result.format), \(Amounts.binary(result.virtualSize)) virtual, "
                + "\(Amounts.binary(result.usedSize)) on disk; made of \(image) and compared with it")
    }
}
