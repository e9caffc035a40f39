using TencentCiam.TokenClient.Caching;

namespace TencentCiam.TokenClient.Tests.Caching;

/// <summary>The provider of slots that a test creates by itself.</summary>
internal sealed class SlotProvider(ClientContext client) : CiamTokenProvider(client)
{
    public TokenSlot OwnSlot => Slots.Single(IsOwn);

    public IReadOnlyList<TokenSlot> AllSlots => [.. Slots];

    public bool MayDropOwnSlot { get; set; }

    protected override bool KeepsOwnSlot => !MayDropOwnSlot;
}
