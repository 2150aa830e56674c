namespace Virtio.Fuzz;

/// <summary>Something that a guest writes, and what must hold whatever it wrote. Deterministic, and used by one thread.</summary>
public interface IFuzzTarget
{
    /// <summary>Its name on the command line, and that of its folder in the corpus.</summary>
    string Name { get; }

    /// <summary>What of the input goes where, in a few words.</summary>
    string Summary { get; }

    /// <summary>Does one input to it. Any exception is a finding.</summary>
    /// <param name="input">Any bytes; each has a meaning.</param>
    void Run(ReadOnlySpan<byte> input);
}
