namespace Virtio.Fuzz.Loop;

/// <summary>Makes new inputs from old ones.</summary>
internal sealed class Mutator(Random random)
{
    internal const int MaximumLength = 768;

    private static readonly byte[] Values = [0, 1, 2, 3, 4, 7, 8, 0x10, 0x7f, 0x80, 0xe0, 0xf0, 0xf4, 0xf5, 0xfe, 0xff];

    /// <summary>
    /// Applies one to eight changes to a copy of <paramref name="input"/>; some insert parts of <paramref name="other"/>.
    /// </summary>
    internal byte[] Change(byte[] input, byte[] other)
    {
        var bytes = new List<byte>(input);
        for (int changes = 1 << random.Next(4); changes > 0; changes--)
            ChangeOnce(bytes, other);
        if (bytes.Count > MaximumLength)
            bytes.RemoveRange(MaximumLength, bytes.Count - MaximumLength);
        return [.. bytes];
    }

    private void ChangeOnce(List<byte> bytes, byte[] other)
    {
        int at = random.Next(bytes.Count + 1);
        switch (random.Next(bytes.Count == 0 ? 2 : 10))
        {
            case 0:
                bytes.InsertRange(at, Noise(random.Next(1, 17)));
                break;
            case 1:
                bytes.InsertRange(at, Piece(other));
                break;
            case 2:
                bytes.RemoveRange(at, Math.Min(random.Next(1, 17), bytes.Count - at));
                break;
            case 3:
                bytes.InsertRange(at, Piece([.. bytes]));
                break;
            case 4:
                Overwrite(bytes, at, Piece(other));
                break;
            case 5:
                Overwrite(bytes, at, Noise(random.Next(1, 9)));
                break;
            case 6:
                Overwrite(bytes, at, [Values[random.Next(Values.Length)]]);
                break;
            case 7:
                at = random.Next(bytes.Count);
                bytes[at] = unchecked((byte)(bytes[at] + random.Next(-16, 17)));
                break;
            case 8:
                Overwrite(bytes, at, [Values[random.Next(Values.Length)], Values[random.Next(Values.Length)]]);
                break;
            default:
                at = random.Next(bytes.Count);
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
        }
    }

    private byte[] Noise(int length)
    {
        byte[] noise = new byte[length];
        random.NextBytes(noise);
        return noise;
    }

    private byte[] Piece(byte[] source)
    {
        int start = random.Next(source.Length + 1);
        return source[start..Math.Min(source.Length, start + random.Next(1, 65))];
    }

    private static void Overwrite(List<byte> bytes, int at, byte[] with)
    {
        for (int i = 0; i < with.Length && at + i < bytes.Count; i++)
            bytes[at + i] = with[i];
    }
}
