namespace Virtio.Vmm.Linux;

/// <summary>Where a loaded x86 kernel begins.</summary>
/// <param name="Protocol">The state in which it wants the processor.</param>
/// <param name="Entry">Its first instruction.</param>
/// <param name="Parameters">What describes the machine to it.</param>
internal readonly record struct X86Boot(X86BootProtocol Protocol, ulong Entry, ulong Parameters);
