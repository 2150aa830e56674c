using Virtio.Devices;

namespace Keyboard;

/// <summary>
/// The configuration space of an input device (virtio 1.4, 5.8.4): the driver writes a query and reads the answer. It does so before the
/// device is activated.
/// </summary>
internal sealed class KeyboardConfig
{
    private const int SizeOffset = 2;
    private const int AnswerOffset = 8;
    private const int AnswerLength = 128;

    private readonly Lock _gate = new();
    private readonly ConfigSpace _space = new(AnswerOffset + AnswerLength);

    public uint Generation => _space.Generation;

    public void Read(int offset, Span<byte> destination) => _space.Read(offset, destination);

    /// <summary>Takes the first two bytes, select and subsel; the driver may not write any others.</summary>
    public void Write(int offset, ReadOnlySpan<byte> source)
    {
        // Several of the guest's processors may write at the same time.
        lock (_gate)
        {
            if (offset >= SizeOffset)
                return;
            _space.Update(offset, source[..Math.Min(source.Length, SizeOffset - offset)]);
            Span<byte> question = stackalloc byte[SizeOffset];
            _space.Read(0, question);
            ReadOnlySpan<byte> answer = AnswerTo(question[0], question[1]);
            Span<byte> padded = stackalloc byte[AnswerLength];
            answer.CopyTo(padded);
            _space.Update(SizeOffset, [(byte)answer.Length]);
            _space.Update(AnswerOffset, padded);
        }
    }

    private static ReadOnlySpan<byte> AnswerTo(byte select, byte subsel) => (select, subsel) switch
    {
        (1, 0) => "keyboard of a sample"u8,
        (0x11, (byte)InputEvent.KeyType) => [0xfe, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255],
        (0x11, (byte)InputEvent.LightType) => [0b111],
        _ => [],
    };
}
