namespace Virtio.Fuzz;

/// <summary>
/// An interface that a guest controls, and the conditions that must hold for any input. Deterministic; used by one thread.
/// </summary>
public interface IFuzzTarget
{
    /// <summary>Its name on the command line, and that of its folder in the corpus.</summary>
    string Name { get; }

    /// <summary>A short description of the input and its destination.</summary>
    string Summary { get; }

    /// <summary>Runs one input. Any exception is a finding.</summary>
    /// <param name="input">Any bytes; all have a meaning.</param>
    void Run(ReadOnlySpan<byte> input);
}
