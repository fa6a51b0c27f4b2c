-- Of a campaign's days the newest report counts, of one day that which goes further into ads and days; a sum of all rows would have
-- the same dollar several times. A report holds whole campaigns.
with delivered as (

    select
        *,
        case when ad_name is not null then 3 when ad_set_name is not null then 2 else 1 end as depth
    from {{ ref('stg_meta__ads') }}

),

-- Ads of one name in an ad set are one here: reports need not have their ids.
reported as (

    select
        delivery_id,
        as_of,
        campaign_name,
        ad_set_name,
        ad_name,
        depth,
        period_start,
        period_end,
        cast(sum(spend_dollars) as decimal(12, 2)) as spend_dollars,
        sum(impressions) as impressions,
        case when count(*) = 1 then min(reach) end as reach,
        sum(link_clicks) as link_clicks,
        sum(results) as results,
        min(result_type) as result_type,
        min(record_number) as record_number
    from delivered
    group by all

),

reports as (

    select distinct
        delivery_id,
        as_of,
        campaign_name,
        depth,
        period_start,
        period_end,
        {{ days_between("period_start", "period_end") }} as days
    from reported

),

outdone as (

    select distinct mine.delivery_id, mine.campaign_name, mine.depth, mine.period_start, mine.period_end
    from reports as mine
    join reports as other
        on other.campaign_name = mine.campaign_name
        and other.delivery_id <> mine.delivery_id
        and other.period_start <= mine.period_end
        and other.period_end >= mine.period_start
    where (other.as_of, other.depth, mine.days, other.delivery_id) > (mine.as_of, mine.depth, other.days, mine.delivery_id)

),

judged as (

    select
        reported.*,
        outdone.delivery_id is null as is_counted,
        row_number() over (
            partition by
                reported.campaign_name, reported.ad_set_name, reported.ad_name, reported.period_start, reported.period_end
            order by reported.as_of desc, reported.delivery_id desc
        ) as age
    from reported
    left join outdone
        on outdone.delivery_id = reported.delivery_id
        and outdone.campaign_name = reported.campaign_name
        and outdone.depth = reported.depth
        and outdone.period_start = reported.period_start
        and outdone.period_end = reported.period_end

),

final as (

    select
        {{ stable_hash(["campaign_name", "ad_set_name", "ad_name", iso_date("period_start"), iso_date("period_end")]) }} as ad_spend_id,
        campaign_name,
        ad_set_name,
        ad_name,
        case depth when 3 then 'ad' when 2 then 'ad set' else 'campaign' end as reported_by,
        period_start,
        period_end,
        spend_dollars,
        cast(impressions as bigint) as impressions,
        cast(reach as bigint) as reach,
        cast(link_clicks as bigint) as link_clicks,
        cast(results as bigint) as results,
        result_type,
        is_counted,
        delivery_id,
        record_number,
        as_of
    from judged
    where age = 1

)

select * from final
