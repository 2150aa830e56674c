using System.Reflection;
using Virtio.Vmm;
using Xunit.Sdk;
using Xunit.v3;

namespace Virtio.Guest.Tests.Machines;

/// <summary>
/// Rows of a theory whose first argument is the machine: one row for each, with the same further arguments. The KVM row has the trait <c>Machine=Kvm</c>, by which
/// the build runs it where KVM is real (<c>eng/with-kvm</c>); elsewhere it is skipped with the reason.
/// </summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class OnEachMachineAttribute(params object[] arguments) : DataAttribute
{
    /// <summary>Whether the KVM row belongs to every run of the tests, also where its processor is emulated and slow.</summary>
    public bool InEveryRun { get; init; }

    /// <inheritdoc/>
    public override bool SupportsDiscoveryEnumeration() => true;

    /// <inheritdoc/>
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker) =>
        new([Row(MicroVmMachine.Software), Row(MicroVmMachine.Kvm)]);

    private TheoryDataRow Row(MicroVmMachine machine)
    {
        var row = new TheoryDataRow([machine, .. arguments]);
        if (machine == MicroVmMachine.Kvm)
        {
            row.Traits.Add("Machine", ["Kvm"]);
            row.Skip = HostKvm.WhyNot(InEveryRun);
        }

        return row;
    }
}
