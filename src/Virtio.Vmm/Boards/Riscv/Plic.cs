using System.Numerics;

namespace Virtio.Vmm.Boards.Riscv;

/// <summary>
/// A platform-level interrupt controller (RISC-V PLIC 1.0, memory map as SiFive's): level-triggered sources 1 to 127, one context per
/// hart, which is its supervisor mode. Thread-safe: harts read and write it while devices move their lines.
/// </summary>
/// <remarks>
/// A register is 32 bits at a multiple of 4. A wider access reads and writes its first register only.
/// A narrower or unaligned access, and an access to an offset without a register, reads zero and writes nothing.
/// </remarks>
internal sealed class Plic
{
    /// <summary>The highest source; source 0 means "none".</summary>
    public const int LastSource = 127;

    /// <summary>How much address space the registers take.</summary>
    public const ulong Size = 0x60_0000;

    private const ulong PendingOffset = 0x1000;
    private const ulong EnableOffset = 0x2000;
    private const ulong EnableStride = 0x80;
    private const ulong ContextOffset = 0x20_0000;
    private const ulong ContextStride = 0x1000;
    private const uint LastPriority = 7;
    private const int SourceWords = (LastSource + 1) / 32;

    // Protects the arrays below and the contexts. It is held while a hart's line is set.
    private readonly Lock _lock = new();
    private readonly Action<int, bool> _setExternalInterrupt;
    private readonly byte[] _priorities = new byte[LastSource + 1];

    // One bit per source: the level of the device's line.
    private readonly uint[] _levels = new uint[SourceWords];

    // One bit per source: a request that no hart has claimed yet.
    private readonly uint[] _pending = new uint[SourceWords];

    // One bit per source: claimed by a hart and not completed. The gateway holds back further requests of it.
    private readonly uint[] _claimed = new uint[SourceWords];
    private readonly Context[] _contexts;

    /// <summary>Creates a controller for <paramref name="hartCount"/> harts.</summary>
    /// <param name="hartCount">The number of harts.</param>
    /// <param name="setExternalInterrupt">Sets the level of a hart's interrupt line, by the hart's index.</param>
    public Plic(int hartCount, Action<int, bool> setExternalInterrupt)
    {
        _setExternalInterrupt = setExternalInterrupt;
        _contexts = new Context[hartCount];
        for (var i = 0; i < hartCount; i++)
            _contexts[i] = new Context();
    }

    /// <summary>Sets the level of a device's line. Any thread; a source that does not exist is ignored.</summary>
    public void SetLevel(int source, bool asserted)
    {
        if (source is < 1 or > LastSource)
            return;

        lock (_lock)
        {
            SetBit(_levels, source, asserted);

            // A request once taken in by the gateway stays until it is claimed, even when the line falls (PLIC 1.0, interrupt gateways).
            if (asserted && !GetBit(_claimed, source))
            {
                SetBit(_pending, source, true);
                Signal();
            }
        }
    }

    /// <summary>Reads at an offset into the controller. Never fails.</summary>
    public ulong Read(ulong offset, int size)
    {
        if (size < sizeof(uint) || offset % sizeof(uint) != 0)
            return 0;

        lock (_lock)
        {
            return offset switch
            {
                < PendingOffset => offset / 4 <= LastSource ? _priorities[offset / 4] : 0u,
                < EnableOffset => Word(_pending, (offset - PendingOffset) / 4),
                < ContextOffset => EnabledWords(offset, out var word) is { } enabled ? enabled[word] : 0,
                _ => ReadContext(offset - ContextOffset),
            };
        }
    }

    /// <summary>Writes at an offset into the controller. Never fails.</summary>
    public void Write(ulong offset, int size, ulong data)
    {
        if (size < sizeof(uint) || offset % sizeof(uint) != 0)
            return;

        var value = (uint)(data & uint.MaxValue);
        lock (_lock)
        {
            if (offset < PendingOffset)
                WritePriority(offset / 4, value);
            else if (offset >= ContextOffset)
                WriteContext(offset - ContextOffset, value);
            else if (offset >= EnableOffset && EnabledWords(offset, out var word) is { } enabled)
                enabled[word] = word == 0 ? value & ~1u : value;

            Signal();
        }
    }

    private static uint Word(uint[] words, ulong index) => index < SourceWords ? words[index] : 0;

    private static bool GetBit(uint[] words, int source) => (words[source / 32] >> (source % 32) & 1) != 0;

    private static void SetBit(uint[] words, int source, bool value)
    {
        var bit = 1u << (source % 32);
        if (value)
            words[source / 32] |= bit;
        else
            words[source / 32] &= ~bit;
    }

    private uint[]? EnabledWords(ulong offset, out int word)
    {
        var context = (offset - EnableOffset) / EnableStride;
        word = (int)((offset - EnableOffset) % EnableStride / 4);
        return context < (ulong)_contexts.Length && word < SourceWords ? _contexts[context].Enabled : null;
    }

    private void WritePriority(ulong source, uint value)
    {
        if (source is >= 1 and <= LastSource)
            _priorities[source] = (byte)(value & LastPriority);
    }

    private uint ReadContext(ulong offset)
    {
        var index = offset / ContextStride;
        if (index >= (ulong)_contexts.Length)
            return 0;

        return (offset % ContextStride) switch
        {
            0 => _contexts[index].Threshold,
            4 => Claim(_contexts[index]),
            _ => 0,
        };
    }

    private void WriteContext(ulong offset, uint value)
    {
        var index = offset / ContextStride;
        if (index >= (ulong)_contexts.Length)
            return;

        if (offset % ContextStride == 0)
            _contexts[index].Threshold = value & LastPriority;
        else if (offset % ContextStride == 4)
            Complete(_contexts[index], value);
    }

    private uint Claim(Context context)
    {
        // The threshold holds back the signal, not the claim (PLIC 1.0, interrupt claim process).
        var source = Best(context, 0);
        if (source != 0)
        {
            SetBit(_pending, source, false);
            SetBit(_claimed, source, true);
            Signal();
        }

        return (uint)source;
    }

    private void Complete(Context context, uint value)
    {
        // A completion of a source that this context has not enabled is silently ignored (PLIC 1.0, interrupt completion).
        if (value is < 1 or > LastSource || !GetBit(context.Enabled, (int)value))
            return;

        var source = (int)value;
        var wasClaimed = GetBit(_claimed, source);
        SetBit(_claimed, source, false);
        if (wasClaimed && GetBit(_levels, source))
            SetBit(_pending, source, true);
    }

    /// <summary>
    /// The pending, enabled source of the highest priority above a threshold; among equal priorities the lowest number; 0 for none.
    /// </summary>
    private int Best(Context context, uint threshold)
    {
        var best = 0;
        var bestPriority = threshold;
        for (var word = 0; word < SourceWords; word++)
        {
            for (var bits = _pending[word] & context.Enabled[word]; bits != 0; bits &= bits - 1)
            {
                var source = word * 32 + BitOperations.TrailingZeroCount(bits);
                if (_priorities[source] > bestPriority)
                    (best, bestPriority) = (source, _priorities[source]);
            }
        }

        return best;
    }

    private void Signal()
    {
        // Under the lock: two threads that report a hart's level in the wrong order would leave its line wrong for good.
        for (var hart = 0; hart < _contexts.Length; hart++)
        {
            var context = _contexts[hart];
            var asserted = Best(context, context.Threshold) != 0;
            if (asserted == context.Asserted)
                continue;

            context.Asserted = asserted;
            _setExternalInterrupt(hart, asserted);
        }
    }

    private sealed class Context
    {
        public uint[] Enabled { get; } = new uint[SourceWords];

        public uint Threshold { get; set; }

        // The level last given to the hart's line.
        public bool Asserted { get; set; }
    }
}
